-- The journal: what we were asked, what we asked others, what they answered. References and states, never orders.
-- Written to the common subset of MySQL 8 and MariaDB. Every comparison of times uses the database's clock.

CREATE TABLE IF NOT EXISTS flows (
  id            VARCHAR(128) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  type          VARCHAR(64)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  status        VARCHAR(32)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  learner       VARCHAR(32)  CHARACTER SET ascii COLLATE ascii_bin NULL,
  order_number  VARCHAR(64)  NULL,
  input         JSON         NOT NULL,
  answer        JSON         NULL,
  result        JSON         NULL,
  last_seq      INT UNSIGNED NOT NULL DEFAULT 0,
  created_at    DATETIME(6)  NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  updated_at    DATETIME(6)  NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6),
  ended_at      DATETIME(6)  NULL,
  PRIMARY KEY (id),
  KEY flows_by_order (order_number),
  KEY flows_by_learner (learner, created_at),
  KEY flows_by_status (status, updated_at),
  KEY flows_open (ended_at, updated_at)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- What each flow did, in order. Written in the transaction that settles an effect, or by the step that parks or ends a flow.
CREATE TABLE IF NOT EXISTS flow_events (
  flow_id  VARCHAR(128) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  seq      INT UNSIGNED NOT NULL,
  at       DATETIME(6)  NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  kind     VARCHAR(32)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  step     VARCHAR(191) NULL,
  service  VARCHAR(64)  CHARACTER SET ascii COLLATE ascii_bin NULL,
  status   VARCHAR(32)  CHARACTER SET ascii COLLATE ascii_bin NULL,
  detail   JSON         NULL,
  PRIMARY KEY (flow_id, seq)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- Idempotency-Key, scoped to the principal.
CREATE TABLE IF NOT EXISTS requests (
  principal        VARCHAR(96)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  idempotency_key  VARCHAR(255) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  digest           BINARY(32)   NOT NULL,
  flow_id          VARCHAR(128) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  state            VARCHAR(16)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  lease_until      DATETIME(6)  NULL,
  attempts         INT UNSIGNED NOT NULL DEFAULT 0,
  http_status      SMALLINT UNSIGNED NULL,
  http_body        JSON         NULL,
  created_at       DATETIME(6)  NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  PRIMARY KEY (principal, idempotency_key),
  KEY requests_by_flow (flow_id),
  KEY requests_due (state, lease_until)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- One live flow per claim, such as (learner, course run, mode).
CREATE TABLE IF NOT EXISTS claims (
  claim       VARCHAR(400) NOT NULL,
  flow_id     VARCHAR(128) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  created_at  DATETIME(6)  NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  PRIMARY KEY (claim),
  KEY claims_by_flow (flow_id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- Every incoming message, before we say 2xx.
CREATE TABLE IF NOT EXISTS inbox (
  id           BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
  source       VARCHAR(64)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  event_id     VARCHAR(191) NOT NULL,
  state        VARCHAR(16)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  service      VARCHAR(64)  CHARACTER SET ascii COLLATE ascii_bin NULL,
  reference    VARCHAR(191) NULL,
  flow_id      VARCHAR(128) CHARACTER SET ascii COLLATE ascii_bin NULL,
  message      VARCHAR(64)  CHARACTER SET ascii COLLATE ascii_bin NULL,
  data         JSON         NULL,
  body_digest  BINARY(32)   NOT NULL,
  attempts     INT UNSIGNED NOT NULL DEFAULT 0,
  duplicates   INT UNSIGNED NOT NULL DEFAULT 0,
  note         VARCHAR(500) NULL,
  due_at       DATETIME(6)  NULL,
  received_at  DATETIME(6)  NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  settled_at   DATETIME(6)  NULL,
  PRIMARY KEY (id),
  UNIQUE KEY inbox_once (source, event_id),
  KEY inbox_due (state, due_at),
  KEY inbox_by_reference (service, reference)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- What we asked Services to do. One row per Action, key and generation; the newest generation counts.
CREATE TABLE IF NOT EXISTS effects (
  id             BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
  action         VARCHAR(64)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  effect_key     VARCHAR(191) NOT NULL,
  generation     INT UNSIGNED NOT NULL,
  state          VARCHAR(16)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  plugin         VARCHAR(64)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  service        VARCHAR(64)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  moves          VARCHAR(16)  CHARACTER SET ascii COLLATE ascii_bin NULL,
  digest         BINARY(32)   NOT NULL,
  input          JSON         NOT NULL,
  output         JSON         NULL,
  late_output    JSON         NULL,
  decisions      JSON         NULL,
  reference      VARCHAR(191) NULL,
  order_number   VARCHAR(64)  NULL,
  line           VARCHAR(64)  NULL,
  amount         BIGINT UNSIGNED NULL,
  currency       CHAR(3)      CHARACTER SET ascii COLLATE ascii_bin NULL,
  flow_type      VARCHAR(64)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  flow_id        VARCHAR(128) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  step           VARCHAR(191) NOT NULL,
  lease_token    CHAR(36)     CHARACTER SET ascii COLLATE ascii_bin NULL,
  lease_until    DATETIME(6)  NULL,
  called_at      DATETIME(6)  NULL,
  unknown_since  DATETIME(6)  NULL,
  absent_since   DATETIME(6)  NULL,
  repeats        INT UNSIGNED NOT NULL DEFAULT 0,
  error_code     VARCHAR(64)  CHARACTER SET ascii COLLATE ascii_bin NULL,
  error_message  VARCHAR(1000) NULL,
  created_at     DATETIME(6)  NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  settled_at     DATETIME(6)  NULL,
  PRIMARY KEY (id),
  UNIQUE KEY effects_once (action, effect_key, generation),
  KEY effects_by_flow (flow_id),
  KEY effects_by_order (order_number, action),
  KEY effects_by_reference (service, reference),
  KEY effects_open (state, lease_until)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- What is: one row per record of a Service, whoever saw it. The stronger truth wins, not the first.
CREATE TABLE IF NOT EXISTS facts (
  id            BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
  service       VARCHAR(64)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  kind          VARCHAR(16)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  reference     VARCHAR(191) NOT NULL,
  order_number  VARCHAR(64)  NOT NULL,
  line          VARCHAR(64)  NULL,
  state         VARCHAR(16)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  strength      INT UNSIGNED NOT NULL,
  amount        BIGINT UNSIGNED NULL,
  currency      CHAR(3)      CHARACTER SET ascii COLLATE ascii_bin NULL,
  source        VARCHAR(64)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  flow_id       VARCHAR(128) CHARACTER SET ascii COLLATE ascii_bin NULL,
  seen_at       DATETIME(6)  NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  changed_at    DATETIME(6)  NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  PRIMARY KEY (id),
  UNIQUE KEY facts_once (service, kind, reference),
  KEY facts_by_order (order_number, kind)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- What a person should know of. One open incident per flow and step.
CREATE TABLE IF NOT EXISTS incidents (
  id            BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
  flow_id       VARCHAR(128) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  order_number  VARCHAR(64)  NULL,
  kind          VARCHAR(32)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  step          VARCHAR(191) NOT NULL,
  service       VARCHAR(64)  CHARACTER SET ascii COLLATE ascii_bin NULL,
  code          VARCHAR(64)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  message       VARCHAR(1000) NOT NULL,
  is_open       TINYINT      NULL DEFAULT 1,
  opened_at     DATETIME(6)  NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  tries         INT UNSIGNED NOT NULL DEFAULT 1,
  closed_at     DATETIME(6)  NULL,
  PRIMARY KEY (id),
  UNIQUE KEY incidents_one_open (flow_id, step, is_open),
  KEY incidents_open (is_open, opened_at)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
