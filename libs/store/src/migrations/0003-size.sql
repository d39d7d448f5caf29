-- Lists and summaries without reading rollouts, names that are unique over machines, labels, and views for analysts.

-- 26 characters of Crockford's base 32: the time of the start in milliseconds, then 80 random bits. It orders runs and
-- names them; no result depends on it. NULL: not given yet (the next opening for writing gives it).
ALTER TABLE runs ADD COLUMN ulid TEXT;
CREATE UNIQUE INDEX runs_ulid ON runs (ulid);

-- Rollouts that the manifest asks for: arms x questions x repeats. Kept by the two triggers below.
ALTER TABLE runs ADD COLUMN planned INTEGER NOT NULL DEFAULT 0;
CREATE TRIGGER runs_planned_insert AFTER INSERT ON runs BEGIN
  UPDATE runs SET planned =
    (SELECT count(*) FROM json_each(NEW.manifest, '$.arms'))
    * (SELECT coalesce(sum(json_extract(value, '$.questions')), 0) FROM json_each(NEW.manifest, '$.datasets'))
    * json_extract(NEW.manifest, '$.repeats')
  WHERE id = NEW.id;
END;
CREATE TRIGGER runs_planned_update AFTER UPDATE OF manifest ON runs BEGIN
  UPDATE runs SET planned =
    (SELECT count(*) FROM json_each(NEW.manifest, '$.arms'))
    * (SELECT coalesce(sum(json_extract(value, '$.questions')), 0) FROM json_each(NEW.manifest, '$.datasets'))
    * json_extract(NEW.manifest, '$.repeats')
  WHERE id = NEW.id;
END;
UPDATE runs SET manifest = manifest;

CREATE TABLE run_labels (
  run_id INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  label TEXT NOT NULL,
  PRIMARY KEY (run_id, label)
) STRICT, WITHOUT ROWID;

-- What one arm did on one data set, counted: always what its rollouts and metric values give, whoever writes them, since
-- triggers keep it. `coa store check` counts again.
CREATE TABLE cells (
  arm_id INTEGER NOT NULL REFERENCES arms (id) ON DELETE CASCADE,
  dataset_id INTEGER NOT NULL REFERENCES datasets (id) ON DELETE CASCADE,
  rollouts INTEGER NOT NULL, -- finished
  errors INTEGER NOT NULL,
  PRIMARY KEY (arm_id, dataset_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX cells_dataset ON cells (dataset_id);

CREATE TABLE cell_metrics (
  arm_id INTEGER NOT NULL REFERENCES arms (id) ON DELETE CASCADE,
  dataset_id INTEGER NOT NULL REFERENCES datasets (id) ON DELETE CASCADE,
  metric TEXT NOT NULL, -- exact
  stored INTEGER NOT NULL, -- rows of metric_values
  n INTEGER NOT NULL, -- of these, how many have a value
  total REAL, -- sum of the values; the mean is total / n
  PRIMARY KEY (arm_id, dataset_id, metric)
) STRICT, WITHOUT ROWID;
CREATE INDEX cell_metrics_dataset ON cell_metrics (dataset_id);

CREATE TRIGGER rollouts_insert AFTER INSERT ON rollouts BEGIN
  INSERT INTO cells (arm_id, dataset_id, rollouts, errors)
  SELECT NEW.arm_id, dataset_id, NEW.outcome = 'rollout', NEW.outcome = 'error' FROM questions WHERE id = NEW.question_id
  ON CONFLICT DO UPDATE SET rollouts = rollouts + excluded.rollouts, errors = errors + excluded.errors;
END;

-- Before, since afterwards its metric values cannot tell whose they were. Where its arm goes, its cells go with it.
CREATE TRIGGER rollouts_delete BEFORE DELETE ON rollouts WHEN EXISTS (SELECT 1 FROM arms WHERE id = OLD.arm_id) BEGIN
  UPDATE cells SET
    rollouts = rollouts - (OLD.outcome = 'rollout'),
    errors = errors - (OLD.outcome = 'error')
  WHERE arm_id = OLD.arm_id AND dataset_id = (SELECT dataset_id FROM questions WHERE id = OLD.question_id);
  DELETE FROM cells
  WHERE arm_id = OLD.arm_id AND dataset_id = (SELECT dataset_id FROM questions WHERE id = OLD.question_id)
    AND rollouts = 0 AND errors = 0;
  DELETE FROM metric_values WHERE rollout_id = OLD.id;
END;

-- A question that goes by itself takes its rollouts first, while they can still tell their data set.
CREATE TRIGGER questions_delete BEFORE DELETE ON questions
WHEN EXISTS (SELECT 1 FROM datasets WHERE id = OLD.dataset_id) BEGIN
  DELETE FROM rollouts WHERE question_id = OLD.id;
END;

CREATE TRIGGER metric_values_insert AFTER INSERT ON metric_values BEGIN
  INSERT INTO cell_metrics (arm_id, dataset_id, metric, stored, n, total)
  SELECT arm_id, dataset_id, NEW.metric, 1, NEW.value IS NOT NULL, coalesce(NEW.value, 0.0)
  FROM rollouts JOIN questions ON questions.id = rollouts.question_id WHERE rollouts.id = NEW.rollout_id
  ON CONFLICT DO UPDATE SET stored = stored + 1, n = n + excluded.n, total = total + excluded.total;
END;

-- A deleted rollout takes its values with it before it goes; where a whole run goes, nothing is found here.
CREATE TRIGGER metric_values_delete AFTER DELETE ON metric_values
WHEN EXISTS (SELECT 1 FROM rollouts WHERE id = OLD.rollout_id) BEGIN
  UPDATE cell_metrics SET
    stored = stored - 1, n = n - (OLD.value IS NOT NULL), total = total - coalesce(OLD.value, 0.0)
  WHERE metric = OLD.metric AND (arm_id, dataset_id) = (
    SELECT arm_id, dataset_id
    FROM rollouts JOIN questions ON questions.id = rollouts.question_id WHERE rollouts.id = OLD.rollout_id
  );
  DELETE FROM cell_metrics
  WHERE stored = 0 AND metric = OLD.metric AND (arm_id, dataset_id) = (
    SELECT arm_id, dataset_id
    FROM rollouts JOIN questions ON questions.id = rollouts.question_id WHERE rollouts.id = OLD.rollout_id
  );
END;

CREATE TRIGGER metric_values_update AFTER UPDATE OF value ON metric_values BEGIN
  UPDATE cell_metrics SET
    n = n - (OLD.value IS NOT NULL) + (NEW.value IS NOT NULL),
    total = total - coalesce(OLD.value, 0.0) + coalesce(NEW.value, 0.0)
  WHERE metric = NEW.metric AND (arm_id, dataset_id) = (
    SELECT arm_id, dataset_id
    FROM rollouts JOIN questions ON questions.id = rollouts.question_id WHERE rollouts.id = NEW.rollout_id
  );
END;

-- The same, counted from the rows.
CREATE VIEW counted_cells AS
SELECT
  arm_id, dataset_id,
  count(*) FILTER (WHERE outcome = 'rollout') AS rollouts,
  count(*) FILTER (WHERE outcome = 'error') AS errors
FROM rollouts JOIN questions ON questions.id = rollouts.question_id
GROUP BY arm_id, dataset_id;

CREATE VIEW counted_cell_metrics AS
SELECT arm_id, dataset_id, metric, count(*) AS stored, count(value) AS n, total(value) AS total
FROM metric_values
JOIN rollouts ON rollouts.id = metric_values.rollout_id
JOIN questions ON questions.id = rollouts.question_id
GROUP BY arm_id, dataset_id, metric;

INSERT INTO cells SELECT * FROM counted_cells;
INSERT INTO cell_metrics SELECT * FROM counted_cell_metrics;

-- For analysts. One row per arm and data set of each run.
CREATE VIEW run_results AS
SELECT
  runs.run_id, runs.ulid, experiments.name AS experiment, runs.status, runs.started_at, arms.name AS arm,
  datasets.name AS dataset, cells.rollouts AS n, cells.errors, exact.total / nullif(exact.n, 0) AS exact_match
FROM cells
JOIN arms ON arms.id = cells.arm_id
JOIN runs ON runs.id = arms.run_id
JOIN experiments ON experiments.id = runs.experiment_id
JOIN datasets ON datasets.id = cells.dataset_id
LEFT JOIN cell_metrics AS exact
  ON exact.arm_id = cells.arm_id AND exact.dataset_id = cells.dataset_id AND exact.metric = 'exactMatch';

-- One row per arm, data set and metric of each run.
CREATE VIEW run_metrics AS
SELECT
  runs.run_id, arms.name AS arm, datasets.name AS dataset, metric, n, total / nullif(n, 0) AS mean
FROM cell_metrics
JOIN arms ON arms.id = cell_metrics.arm_id
JOIN runs ON runs.id = arms.run_id
JOIN datasets ON datasets.id = cell_metrics.dataset_id;

-- One row per rollout and metric.
CREATE VIEW rollout_metrics AS
SELECT run_id, arm, dataset, question_id, repeat, outcome, stop, metric, version, value, records.rollout_id
FROM records JOIN metric_values ON metric_values.rollout_id = records.rollout_id;

-- One row per training step and number.
CREATE VIEW training_curve AS
SELECT
  trainings.key AS training, trainings.stage, trainings.seed, training_steps.step, training_steps.steps,
  numbers.key AS name, numbers.value
FROM trainings
JOIN training_steps ON training_steps.training_id = trainings.id
JOIN json_each(training_steps.numbers) AS numbers;
