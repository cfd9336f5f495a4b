-- The team that a conversation was given to by hand: automatically it goes to its main members
-- alone. NULL where an older node began it, or nobody did that.
ALTER TABLE conversations ADD COLUMN team UUID;
