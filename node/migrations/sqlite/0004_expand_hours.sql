-- When agents work: JSON, NULL for who sets their status by hand alone; and the instant up to which
-- these hours were followed, so that each of their turns sets the status once.
ALTER TABLE agents ADD COLUMN hours TEXT;
ALTER TABLE agents ADD COLUMN hours_followed_ms BIGINT;
