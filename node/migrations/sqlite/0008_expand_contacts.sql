-- Known people, with an e-mail address: one contact for each address of a site. `email_key` is the
-- address in lower case. The owner comes first where a chatflow says so.
CREATE TABLE contacts (
    id        BLOB PRIMARY KEY,
    site      BLOB NOT NULL,
    email     TEXT NOT NULL,
    email_key TEXT NOT NULL,
    name      TEXT,
    owner     BLOB REFERENCES agents (id),
    UNIQUE (site, email_key)
);

-- Visitors of whom something is known; the others stand nowhere.
CREATE TABLE visitors (
    id      BLOB PRIMARY KEY,
    site    BLOB NOT NULL,
    contact BLOB REFERENCES contacts (id)
);

-- What was known of a visitor when a conversation began: JSON, empty for nothing. Routing rules go
-- by it, on whatever node.
ALTER TABLE conversations ADD COLUMN facts TEXT NOT NULL DEFAULT '';
