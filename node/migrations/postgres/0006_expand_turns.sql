-- Round robin: how far each chatflow has come. The row is locked by whoever assigns in turn, so
-- that each turn follows the one that the policy saw.
CREATE TABLE cycles (
    chatflow  UUID   PRIMARY KEY,
    last_turn BIGINT NOT NULL CHECK (last_turn BETWEEN 1 AND 4294967295)
) WITH (fillfactor = 70);

-- Where each agent had the latest turn: nobody has two in one cycle.
CREATE TABLE turns (
    chatflow UUID   NOT NULL,
    agent    UUID   NOT NULL,
    cycle    BIGINT NOT NULL CHECK (cycle BETWEEN 1 AND 4294967295),
    turn     BIGINT NOT NULL CHECK (turn BETWEEN 1 AND 4294967295),
    PRIMARY KEY (chatflow, agent)
) WITH (fillfactor = 70);
