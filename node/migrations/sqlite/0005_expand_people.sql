-- People: seats, permissions, teams, skills, access to inboxes, the account, who changed what.
-- Accounts of before have a Service seat, and the oldest one may do everything.

ALTER TABLE agents ADD COLUMN seat TEXT NOT NULL DEFAULT 'service'
    CHECK (seat IN ('none', 'sales', 'service'));
-- Words with spaces between.
ALTER TABLE agents ADD COLUMN permissions TEXT NOT NULL DEFAULT '';
-- JSON; empty for none.
ALTER TABLE agents ADD COLUMN skills TEXT NOT NULL DEFAULT '';
-- `capacity` is what is in force. 1: it follows the account's; else it is the agent's own.
ALTER TABLE agents ADD COLUMN capacity_inherited BIGINT NOT NULL DEFAULT 0
    CHECK (capacity_inherited IN (0, 1));
-- Who set the status, if it was somebody else.
ALTER TABLE agents ADD COLUMN status_by BLOB;
ALTER TABLE agents ADD COLUMN deactivated_at_ms BIGINT;

UPDATE agents SET permissions = 'super_admin'
WHERE id = (SELECT id FROM agents ORDER BY id LIMIT 1);

-- Members are JSON arrays of ids. `name_key` is the name in lower case: two spellings are one team.
CREATE TABLE teams (
    id            BLOB PRIMARY KEY,
    name          TEXT NOT NULL,
    name_key      TEXT NOT NULL UNIQUE,
    main_members  TEXT NOT NULL,
    extra_members TEXT NOT NULL,
    skills        TEXT NOT NULL
);

-- JSON; NULL is everybody.
ALTER TABLE inboxes ADD COLUMN access TEXT;

CREATE TABLE skills (
    id       BLOB PRIMARY KEY,
    category TEXT NOT NULL,
    name     TEXT NOT NULL,
    name_key TEXT NOT NULL UNIQUE
);

-- One row, of JSON; none while all is as it was at first.
CREATE TABLE account (
    only_row BIGINT PRIMARY KEY CHECK (only_row = 1),
    settings TEXT   NOT NULL
);

-- What was changed of all this, by whom, in which words. Nobody: on the command line.
CREATE TABLE people_changes (
    id        BLOB   PRIMARY KEY,
    at_ms     BIGINT NOT NULL,
    agent     BLOB,
    kind      TEXT   NOT NULL,
    subject   BLOB,
    new_value TEXT   NOT NULL
);
CREATE INDEX people_changes_by_time ON people_changes (at_ms);
