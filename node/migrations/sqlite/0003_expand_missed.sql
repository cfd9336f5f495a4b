-- Conversations that nobody took before the visitor had long been gone: unassigned, until the
-- visitor returns.
ALTER TABLE conversations ADD COLUMN missed_at_ms BIGINT;
