-- Mails to be sent, and what became of them. One for each reason: whatever causes it twice writes
-- it once. `next_at_ms`: not before then; while a node sends it, until when nobody else does. NULL
-- once it is sent or given up.
CREATE TABLE mails (
    id            BLOB   PRIMARY KEY,
    reason        TEXT   NOT NULL UNIQUE,
    recipient     TEXT   NOT NULL,
    subject       TEXT   NOT NULL,
    body          TEXT   NOT NULL,
    conversation  BLOB,
    created_at_ms BIGINT NOT NULL,
    attempts      BIGINT NOT NULL DEFAULT 0,
    next_at_ms    BIGINT,
    sent_at_ms    BIGINT,
    failed_at_ms  BIGINT,
    last_error    TEXT
);
CREATE INDEX mails_due ON mails (next_at_ms) WHERE next_at_ms IS NOT NULL;
CREATE INDEX mails_by_age ON mails (created_at_ms);
