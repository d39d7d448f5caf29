-- What models learnt from. A training is one stage of a recipe with everything before it, told apart by `key`; runs and
-- arms that need the same stage share it, so it belongs to none of them. Its rollouts stand beside `rollouts`, in tables
-- of the same form (training_rollout_steps = steps, training_token_arrays = token_arrays): those of runs have an arm and
-- a repeat and are what results are counted from, these have neither and never enter a result.

CREATE TABLE trainings (
  id INTEGER PRIMARY KEY,
  key TEXT NOT NULL UNIQUE, -- exact
  stage TEXT NOT NULL, -- exact
  seed INTEGER NOT NULL,
  recipe TEXT NOT NULL, -- JSON, as it was told first
  started_at TEXT NOT NULL -- ISO 8601, for people
) STRICT;

-- Which trainings, in order, made the model with which an arm answered in a repeat.
CREATE TABLE run_trainings (
  arm_id INTEGER NOT NULL REFERENCES arms (id) ON DELETE CASCADE,
  repeat INTEGER NOT NULL,
  position INTEGER NOT NULL,
  training_id INTEGER NOT NULL REFERENCES trainings (id),
  PRIMARY KEY (arm_id, repeat, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX run_trainings_training ON run_trainings (training_id);

CREATE TABLE training_steps (
  training_id INTEGER NOT NULL REFERENCES trainings (id) ON DELETE CASCADE,
  step INTEGER NOT NULL, -- from 1
  steps INTEGER NOT NULL, -- of the whole training
  numbers TEXT NOT NULL, -- JSON object, name -> number or null: loss parts, reward, gradient norm, ...
  timing TEXT NOT NULL, -- JSON object of the same form: wall-clock and speeds, for people
  PRIMARY KEY (training_id, step)
) STRICT, WITHOUT ROWID;

CREATE TABLE training_questions (
  id INTEGER PRIMARY KEY,
  training_id INTEGER NOT NULL REFERENCES trainings (id) ON DELETE CASCADE,
  dataset TEXT NOT NULL, -- exact
  question_id TEXT NOT NULL, -- exact
  question TEXT NOT NULL, -- JSON, whole
  UNIQUE (training_id, dataset, question_id)
) STRICT;

CREATE TABLE training_rollouts (
  id INTEGER PRIMARY KEY,
  training_id INTEGER NOT NULL,
  step INTEGER NOT NULL,
  group_index INTEGER NOT NULL, -- rollouts of one question that are compared with each other
  member INTEGER NOT NULL, -- place in the group
  question_id INTEGER NOT NULL REFERENCES training_questions (id),
  stop TEXT NOT NULL CHECK (stop IN ('answered', 'horizon', 'context', 'length', 'malformed')),
  protocol TEXT NOT NULL, -- exact
  reward REAL NOT NULL,
  advantage REAL NOT NULL,
  simulated_calls INTEGER, -- calls that a model of the world answered; NULL: not told
  prompt_tokens INTEGER NOT NULL,
  completion_tokens INTEGER NOT NULL,
  requests INTEGER NOT NULL,
  UNIQUE (training_id, step, group_index, member),
  FOREIGN KEY (training_id, step) REFERENCES training_steps (training_id, step) ON DELETE CASCADE
) STRICT;
CREATE INDEX training_rollouts_question ON training_rollouts (question_id);

CREATE TABLE training_rollout_steps (
  rollout_id INTEGER NOT NULL REFERENCES training_rollouts (id) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('think', 'action', 'observation', 'answer')),
  text TEXT, -- exact; think, observation, answer
  tool TEXT, -- exact; action
  input TEXT, -- exact; action
  passage_ids TEXT, -- JSON array; observation
  failure TEXT CHECK (failure IN ('limit', 'failed', 'unknown-tool')), -- observation
  PRIMARY KEY (rollout_id, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE training_token_arrays (
  rollout_id INTEGER PRIMARY KEY REFERENCES training_rollouts (id) ON DELETE CASCADE,
  length INTEGER NOT NULL,
  encoding TEXT NOT NULL CHECK (encoding IN ('raw', 'deflate')),
  ids BLOB NOT NULL,
  prompt_mask BLOB NOT NULL,
  observation_mask BLOB NOT NULL,
  logprobs BLOB NOT NULL
) STRICT;
