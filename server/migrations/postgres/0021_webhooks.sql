-- Adds: how far each target of webhooks has the events of the outbox, and the deliveries that wait for another attempt.

CREATE TABLE webhook_targets (
    name          TEXT PRIMARY KEY,
    -- The place in the outbox up to which every event was delivered, waits, or was given up.
    cursor        BIGINT NOT NULL,
    -- The node that serves the target, until this time of the database's clock.
    holder        UUID NULL,
    held_until_ms BIGINT NOT NULL,
    -- Set once the target has said that it is gone. It stays so until an operator replays.
    stopped_at_ms BIGINT NULL
);

CREATE TABLE webhook_waiting (
    name         TEXT NOT NULL,
    seq          BIGINT NOT NULL,
    -- Deliveries of one party keep their order.
    party        TEXT NOT NULL,
    event_id     UUID NOT NULL,
    -- The message as it was first sent; the event may be deleted meanwhile.
    body         TEXT NOT NULL,
    attempts     BIGINT NOT NULL,
    due_ms       BIGINT NOT NULL,
    -- Set once no attempt is left.
    failed_at_ms BIGINT NULL,
    why          TEXT NOT NULL,
    PRIMARY KEY (name, seq)
);

-- Finds the first delivery of a party.
CREATE INDEX webhook_waiting_by_party ON webhook_waiting (name, party, seq) WHERE failed_at_ms IS NULL;
