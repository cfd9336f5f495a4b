-- Several nodes on one store: who is alive, who is the router, and where somebody follows what.

-- Each node renews its own row, by the clock of the database.
CREATE TABLE nodes (
    id            UUID   PRIMARY KEY,
    expires_at_ms BIGINT NOT NULL
);

-- A right with an end. The term grows whenever it changes hands, and never falls.
CREATE TABLE leases (
    name          TEXT   PRIMARY KEY,
    holder        UUID   NOT NULL,
    term          BIGINT NOT NULL CHECK (term >= 1),
    expires_at_ms BIGINT NOT NULL
);

-- Which nodes must hear of a subject: a conversation with a socket there, an inbox with a viewed
-- board, a signed-in agent, or the queue (the nil id).
CREATE TABLE attachments (
    subject UUID NOT NULL,
    node    UUID NOT NULL,
    PRIMARY KEY (subject, node)
);
CREATE INDEX attachments_of_node ON attachments (node);

CREATE INDEX agent_presence_of_node ON agent_presence (node);

-- Whether anybody has written to the visitor since the conversation was assigned last.
ALTER TABLE conversations
    ADD COLUMN answered BIGINT NOT NULL DEFAULT 1 CHECK (answered IN (0, 1));
CREATE INDEX conversations_unanswered ON conversations (assignee)
    WHERE state = 'assigned' AND answered = 0;
