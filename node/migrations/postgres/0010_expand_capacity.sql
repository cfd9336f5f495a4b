-- When a slot was taken, or the last message passed since: without one for long, it is free again.
-- NULL, or behind, where an older node wrote last.
ALTER TABLE conversations ADD COLUMN active_at_ms BIGINT;
-- The router took the slot above the limit of then. Never, and this is how it would be seen.
ALTER TABLE conversations
    ADD COLUMN slot_excess BIGINT NOT NULL DEFAULT 0 CHECK (slot_excess IN (0, 1));
-- The version of the settings in which somebody last changed who may see which inbox: what was
-- decided by older ones is decided anew.
ALTER TABLE agents ADD COLUMN access_version BIGINT NOT NULL DEFAULT 0;
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
