-- When a slot was taken, or the last message passed since: without one for long, it is free again.
-- NULL, or behind, where an older node wrote last.
ALTER TABLE conversations ADD COLUMN active_at_ms BIGINT;
-- The router took the slot above the limit of then. Never, and this is how it would be seen.
ALTER TABLE conversations
    ADD COLUMN slot_excess BIGINT NOT NULL DEFAULT 0 CHECK (slot_excess IN (0, 1));
-- The version of the settings in which somebody last changed who may see which inbox: what was
-- decided by older ones is decided anew.
ALTER TABLE agents ADD COLUMN access_version BIGINT NOT NULL DEFAULT 0;
