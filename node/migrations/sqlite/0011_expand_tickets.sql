-- Conversations of a help desk are tickets: they count against a limit of their own.
ALTER TABLE inboxes ADD COLUMN kind TEXT NOT NULL DEFAULT 'inbox'
    CHECK (kind IN ('inbox', 'help_desk'));
ALTER TABLE conversations
    ADD COLUMN slot_ticket BIGINT NOT NULL DEFAULT 0 CHECK (slot_ticket IN (0, 1));
ALTER TABLE agents ADD COLUMN tickets BIGINT NOT NULL DEFAULT 0
    CHECK (tickets BETWEEN 0 AND 4294967295);
-- As with `capacity`: what is in force, and whether it is the account's.
ALTER TABLE agents ADD COLUMN ticket_capacity BIGINT NOT NULL DEFAULT 4294967295
    CHECK (ticket_capacity BETWEEN 0 AND 4294967295);
ALTER TABLE agents ADD COLUMN ticket_capacity_inherited BIGINT NOT NULL DEFAULT 1
    CHECK (ticket_capacity_inherited IN (0, 1));
