-- What operators decided about a Service as a whole. One row per Service that was ever paused: its last change.

CREATE TABLE IF NOT EXISTS services (
  service  VARCHAR(64)   CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  state    VARCHAR(16)   CHARACTER SET ascii COLLATE ascii_bin NOT NULL, -- paused or running
  actor    VARCHAR(191)  NOT NULL,
  reason   VARCHAR(1000) NOT NULL,
  since    DATETIME(6)   NOT NULL,
  PRIMARY KEY (service)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
