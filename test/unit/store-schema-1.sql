-- A store as schema 1 made it, with a row in each kind of table. Never changed: stores like this are out there.
-- Read by test/unit/store-schema.c; on PostgreSQL after the two domains and the vault were made.
CREATE TABLE meta (
    key BYTETEXT NOT NULL PRIMARY KEY,
    value BYTETEXT NOT NULL DEFAULT '');
CREATE TABLE head (
    shard BIGINT NOT NULL PRIMARY KEY,
    origin BYTETEXT NOT NULL DEFAULT '',
    size BIGINT NOT NULL DEFAULT 0,
    frontier BLOB NOT NULL,
    root BLOB NOT NULL,
    last_us BIGINT NOT NULL DEFAULT 0);
CREATE TABLE entry (
    shard BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    t_us BIGINT NOT NULL DEFAULT 0,
    leaf BLOB NOT NULL,
    hash BLOB NOT NULL,
    PRIMARY KEY (shard, seq));
CREATE TABLE tile (
    shard BIGINT NOT NULL,
    level BIGINT NOT NULL,
    n BIGINT NOT NULL,
    hashes BLOB NOT NULL,
    PRIMARY KEY (shard, level, n));
CREATE TABLE checkpoint (
    shard BIGINT NOT NULL,
    size BIGINT NOT NULL,
    note BYTETEXT NOT NULL DEFAULT '',
    PRIMARY KEY (shard, size));
CREATE TABLE record (
    id BYTETEXT NOT NULL PRIMARY KEY,
    register BYTETEXT NOT NULL DEFAULT '',
    state BYTETEXT NOT NULL DEFAULT '',
    version BIGINT NOT NULL DEFAULT 0,
    audience BIGINT NOT NULL DEFAULT 0,
    unit BYTETEXT NOT NULL DEFAULT '',
    pack BYTETEXT NOT NULL DEFAULT '',
    opened_us BIGINT NOT NULL DEFAULT 0,
    changed_us BIGINT NOT NULL DEFAULT 0,
    completed_day BIGINT,
    keep_until_day BIGINT,
    disposed_us BIGINT,
    body BYTETEXT NOT NULL DEFAULT '');
CREATE INDEX record_by_change ON record(register, audience, changed_us, id);
CREATE INDEX record_by_state ON record(register, state);
CREATE TABLE personal (
    record BYTETEXT NOT NULL,
    field BYTETEXT NOT NULL,
    sealed BLOB NOT NULL,
    PRIMARY KEY (record, field));
CREATE TABLE index_row (
    register BYTETEXT NOT NULL,
    field BYTETEXT NOT NULL,
    key BYTETEXT NOT NULL,
    record BYTETEXT NOT NULL,
    audience BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (register, field, key, record));
CREATE INDEX index_row_by_record ON index_row(record);
CREATE TABLE history (
    record BYTETEXT NOT NULL,
    version BIGINT NOT NULL,
    shard BIGINT NOT NULL DEFAULT 0,
    seq BIGINT NOT NULL DEFAULT 0,
    t_us BIGINT NOT NULL DEFAULT 0,
    act BYTETEXT NOT NULL DEFAULT '',
    actor BYTETEXT NOT NULL DEFAULT '',
    post BYTETEXT NOT NULL DEFAULT '',
    from_state BYTETEXT NOT NULL DEFAULT '',
    to_state BYTETEXT NOT NULL DEFAULT '',
    note BYTETEXT NOT NULL DEFAULT '',
    PRIMARY KEY (record, version));
CREATE TABLE lock_row (
    record BYTETEXT NOT NULL,
    name BYTETEXT NOT NULL,
    source BYTETEXT NOT NULL,
    since_us BIGINT NOT NULL DEFAULT 0,
    why BYTETEXT NOT NULL DEFAULT '',
    clauses BYTETEXT NOT NULL DEFAULT '',
    PRIMARY KEY (record, name, source));
CREATE TABLE timer (
    record BYTETEXT NOT NULL,
    obligation BYTETEXT NOT NULL,
    part BYTETEXT NOT NULL DEFAULT '',
    due_us BIGINT NOT NULL DEFAULT 0,
    nth BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (record, obligation, part));
CREATE INDEX timer_by_due ON timer(due_us);
CREATE TABLE waiting (
    record BYTETEXT NOT NULL,
    step BYTETEXT NOT NULL,
    role BYTETEXT NOT NULL,
    unit BYTETEXT NOT NULL DEFAULT '',
    since_us BIGINT NOT NULL DEFAULT 0,
    audience BIGINT NOT NULL DEFAULT 0,
    due_us BIGINT,
    PRIMARY KEY (record, step, role, unit));
CREATE INDEX waiting_by_role ON waiting(role, unit);
CREATE TABLE notice (
    shard BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    n BIGINT NOT NULL,
    t_us BIGINT NOT NULL DEFAULT 0,
    person BYTETEXT NOT NULL DEFAULT '',
    record BYTETEXT NOT NULL DEFAULT '',
    kind BYTETEXT NOT NULL DEFAULT '',
    urgent BIGINT NOT NULL DEFAULT 0,
    params BYTETEXT NOT NULL DEFAULT '',
    read_us BIGINT,
    PRIMARY KEY (shard, seq, n));
CREATE INDEX notice_by_person ON notice(person, t_us);
CREATE TABLE counter (
    name BYTETEXT NOT NULL PRIMARY KEY,
    n BIGINT NOT NULL DEFAULT 0);
CREATE TABLE audience (
    id BIGINT NOT NULL PRIMARY KEY,
    body BYTETEXT NOT NULL UNIQUE);
CREATE TABLE pack (
    hash BYTETEXT NOT NULL PRIMARY KEY,
    id BYTETEXT NOT NULL DEFAULT '',
    from_day BIGINT NOT NULL DEFAULT 0,
    to_day BIGINT,
    canonical BYTETEXT NOT NULL DEFAULT '',
    proposed_us BIGINT NOT NULL DEFAULT 0,
    proposed_by BYTETEXT NOT NULL DEFAULT '',
    adopted_us BIGINT,
    adopted_by BYTETEXT NOT NULL DEFAULT '');
CREATE TABLE clause_text (
    pack BYTETEXT NOT NULL,
    clause BYTETEXT NOT NULL,
    text BYTETEXT NOT NULL DEFAULT '',
    source_digest BYTETEXT NOT NULL DEFAULT '',
    PRIMARY KEY (pack, clause));
CREATE TABLE unit (
    id BYTETEXT NOT NULL PRIMARY KEY,
    parent BYTETEXT NOT NULL DEFAULT '',
    name_ja BYTETEXT NOT NULL DEFAULT '',
    name_en BYTETEXT NOT NULL DEFAULT '',
    kinds BYTETEXT NOT NULL DEFAULT '',
    from_day BIGINT,
    to_day BIGINT);
CREATE TABLE rank (
    id BYTETEXT NOT NULL PRIMARY KEY,
    level BIGINT NOT NULL DEFAULT 0,
    name_ja BYTETEXT NOT NULL DEFAULT '',
    name_en BYTETEXT NOT NULL DEFAULT '',
    service BYTETEXT NOT NULL DEFAULT '');
CREATE TABLE post (
    id BYTETEXT NOT NULL PRIMARY KEY,
    name_ja BYTETEXT NOT NULL DEFAULT '',
    name_en BYTETEXT NOT NULL DEFAULT '',
    is_head BIGINT NOT NULL DEFAULT 0,
    kinds BYTETEXT NOT NULL DEFAULT '');
CREATE TABLE person (
    id BYTETEXT NOT NULL PRIMARY KEY,
    name BYTETEXT NOT NULL DEFAULT '',
    kana BYTETEXT NOT NULL DEFAULT '',
    name_en BYTETEXT NOT NULL DEFAULT '',
    rank BYTETEXT NOT NULL DEFAULT '',
    from_day BIGINT,
    to_day BIGINT);
CREATE TABLE appointment (
    id BYTETEXT NOT NULL PRIMARY KEY,
    person BYTETEXT NOT NULL DEFAULT '',
    post BYTETEXT NOT NULL DEFAULT '',
    unit BYTETEXT NOT NULL DEFAULT '',
    kind BYTETEXT NOT NULL DEFAULT '',
    from_day BIGINT NOT NULL DEFAULT 0,
    to_day BIGINT);
CREATE TABLE delegation (
    id BYTETEXT NOT NULL PRIMARY KEY,
    kind BYTETEXT NOT NULL DEFAULT '',
    role BYTETEXT NOT NULL DEFAULT '',
    unit BYTETEXT NOT NULL DEFAULT '',
    delegate_post BYTETEXT NOT NULL DEFAULT '',
    delegate_unit BYTETEXT NOT NULL DEFAULT '',
    acts BYTETEXT NOT NULL DEFAULT '',
    from_day BIGINT NOT NULL DEFAULT 0,
    to_day BIGINT);
CREATE TABLE roster (
    day BIGINT NOT NULL DEFAULT 0,
    unit BYTETEXT NOT NULL,
    duty BYTETEXT NOT NULL,
    person BYTETEXT NOT NULL DEFAULT '',
    from_us BIGINT NOT NULL,
    to_us BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (unit, duty, from_us));
CREATE TABLE holiday (
    day BIGINT NOT NULL PRIMARY KEY,
    name_ja BYTETEXT NOT NULL DEFAULT '');
CREATE TABLE account (
    login BYTETEXT NOT NULL PRIMARY KEY,
    person BYTETEXT NOT NULL DEFAULT '',
    password BYTETEXT NOT NULL DEFAULT '',
    state BYTETEXT NOT NULL DEFAULT '',
    rights BYTETEXT NOT NULL DEFAULT '',
    failures BIGINT NOT NULL DEFAULT 0,
    wait_until_us BIGINT NOT NULL DEFAULT 0,
    changed_us BIGINT NOT NULL DEFAULT 0);
CREATE INDEX account_by_person ON account(person);
CREATE TABLE session (
    token BLOB NOT NULL PRIMARY KEY,
    login BYTETEXT NOT NULL DEFAULT '',
    csrf BYTETEXT NOT NULL DEFAULT '',
    opened_us BIGINT NOT NULL DEFAULT 0,
    seen_us BIGINT NOT NULL DEFAULT 0,
    locked BIGINT NOT NULL DEFAULT 0);
CREATE INDEX session_by_login ON session(login);
CREATE TABLE reset (
    id BYTETEXT NOT NULL PRIMARY KEY,
    login BYTETEXT NOT NULL DEFAULT '',
    proposed_by BYTETEXT NOT NULL DEFAULT '',
    proposed_us BIGINT NOT NULL DEFAULT 0,
    approved_by BYTETEXT NOT NULL DEFAULT '',
    approved_us BIGINT NOT NULL DEFAULT 0,
    code_hash BLOB NOT NULL,
    used_us BIGINT);
INSERT INTO meta(key, value) VALUES ('head', '');
INSERT INTO meta(key, value) VALUES ('schema', '1');
INSERT INTO meta(key, value) VALUES ('force', '試験県警察');
INSERT INTO head(shard, origin, size, frontier, root, last_us) VALUES (2026, 'police.example/2026', 1, CAST('f' AS BLOB), CAST('r' AS BLOB), 1775779200000000);
INSERT INTO entry(shard, seq, t_us, leaf, hash) VALUES (2026, 0, 1775779200000000, CAST('leaf' AS BLOB), CAST('hash' AS BLOB));
INSERT INTO record(id, register, state, version, audience, unit, pack, opened_us, changed_us, completed_day, keep_until_day, disposed_us, body) VALUES ('phone-1', 'phone', 'lent', 3, 1, 'cyber', 'p', 1, 2, NULL, NULL, NULL, '{"number":"0"}');
INSERT INTO record(id, register, state, version, audience, unit, pack, opened_us, changed_us, completed_day, keep_until_day, disposed_us, body) VALUES ('phone-2', 'phone', 'closed', 9, 1, 'cyber', 'p', 1, 2, 20000, 20500, NULL, '{}');
INSERT INTO personal(record, field, sealed) VALUES ('phone-1', 'user', CAST('sealed' AS BLOB));
INSERT INTO timer(record, obligation, part, due_us, nth) VALUES ('phone-1', 'return', 'deadline', 1775779200000000, 0);
INSERT INTO account(login, person, password, state, rights, failures, wait_until_us, changed_us) VALUES ('admin', 'p1', '', 'active', 'administrator', 0, 0, 1);
