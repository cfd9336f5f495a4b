-- An answer by e-mail that was promised to who waits: where it goes, and when it is overdue.
ALTER TABLE conversations ADD COLUMN email TEXT;
ALTER TABLE conversations ADD COLUMN due_at_ms BIGINT;

-- What agents wrote in promised conversations, until the visitor's browser has it or it was mailed.
CREATE TABLE answers (
    conversation BLOB   NOT NULL,
    seq          BIGINT NOT NULL CHECK (seq BETWEEN 1 AND 4294967295),
    at_ms        BIGINT NOT NULL,
    PRIMARY KEY (conversation, seq)
) WITHOUT ROWID;
CREATE INDEX answers_by_time ON answers (at_ms);
