import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Database, openDatabase, readTexts } from '../../../shared/data/duckdb.js';
import { checkExpression, closeFence } from '../../../shared/data/fence.js';
import { SCALAR_FUNCTIONS } from '../../../shared/data/scalar-functions.js';
import { identifier } from '../../../shared/data/sql.js';
import { userError } from './workspace.js';

const COLUMNS = ['delay', 'origin', 'select', 'a "b" c', 'Größe 日本', 'date', "it's", 'shape'];
let database: Database;

beforeAll(async () => {
  database = await openDatabase();
  const types = ['5::BIGINT', "'ORD'", '1', '2', '3', "TIMESTAMP '2001-01-01 10:00:00'", '4', "{'x': 1}"];
  const values = COLUMNS.map((name, index) => `${types[index]} AS ${identifier(name)}`);
  await database.connection.run(`CREATE TABLE source AS SELECT ${values.join(', ')}`);
  await database.connection.run('CREATE TABLE secret AS SELECT 42 AS answer');
  await closeFence(database.connection);
});
afterAll(() => database.close());

const check = (sql: string) => checkExpression(database.connection, sql, 'source', COLUMNS, { file: 'mlops.yaml', line: 7 });

describe('expressions of a spec', () => {
  it.each([
    ['delay > 15', ['delay'], 'BOOLEAN'],
    ['DELAY * 2', ['delay'], 'BIGINT'],
    ["origin IN ('ORD', 'JFK') AND delay BETWEEN 0 AND 10", ['delay', 'origin'], 'BOOLEAN'],
    ["CASE WHEN delay > 5 THEN 'late' ELSE upper(origin) END", ['delay', 'origin'], 'VARCHAR'],
    ['"select" + "a ""b"" c" + "Größe 日本" + "it\'s"', ['a "b" c', "it's", 'select', 'Größe 日本'], 'INTEGER'],
    ['"date" >= DATE \'2001-01-01\' - INTERVAL 3 DAY', ['date'], 'BOOLEAN'],
    ['extract(hour FROM date)', ['date'], 'BIGINT'],
    ["coalesce(nullif(origin, ''), 'none') ILIKE 'o%'", ['origin'], 'BOOLEAN'],
    ['shape.x + 1', ['shape'], 'INTEGER'],
    ['CAST(delay AS DOUBLE) / 60', ['delay'], 'DOUBLE'],
    ['delay > 1 -- the first\n AND delay < 9', ['delay'], 'BOOLEAN'],
    ['TRUE', [], 'BOOLEAN'],
  ])('accepts %s', async (sql, columns, type) => {
    const checked = await check(sql);
    expect(checked.columns).toEqual([...columns].sort());
    expect(checked.type).toBe(type);
    await database.connection.run(`SELECT ${checked.sql} FROM source`);
  });

  it.each([
    ["1) FROM read_csv('/etc/passwd') --", /expression/],
    ["1 FROM read_csv('/etc/passwd')", /FROM is not accepted/],
    ["(SELECT content FROM read_text('/etc/passwd'))", /subquery/],
    ['(SELECT answer FROM secret)', /subquery/],
    ['(FROM secret)', /subquery/],
    ['EXISTS (SELECT 1 FROM secret)', /subquery/],
    ['delay IN (SELECT answer FROM secret)', /subquery/],
    ['delay = ANY (SELECT answer FROM secret)', /subquery/],
    ['ARRAY(SELECT answer FROM secret)', /subquery|not accepted/],
    ['delay; DROP TABLE source', /statement/],
    ['delay; SELECT 2', /several statements/],
    ["1; ATTACH '/tmp/x.db'", /statement/],
    ["ATTACH '/tmp/x.db'", /no column|Type with name ATTACH/],
    ["COPY source TO '/tmp/x.csv'", /expression/],
    ['PRAGMA database_list', /name \(AS/],
    ['SET enable_external_access = true', /expression/],
    ['INSTALL httpfs', /name \(AS/],
    ["getenv('HOME')", /getenv\(\) reaches outside/],
    ["read_text('/etc/passwd')", /read_text\(\) reaches outside/],
    ["glob('/*')", /reaches outside/],
    ["read_csv('/etc/passwd')", /reaches outside/],
    ["current_setting('temp_directory')", /reaches outside/],
    ["query('SELECT 1')", /reaches outside/],
    ["json_serialize_sql('SELECT 1')", /not accepted/],
    ["write_log('x')", /not accepted/],
    ["nextval('s')", /not accepted/],
    ['pg_catalog.pg_sleep(9)', /not accepted/],
    ['sleep_ms(1000)', /not accepted/],
    ['random() < 0.5', /another result on every run/],
    ['date > now()', /another result on every run/],
    ['date > current_date', /another result on every run/],
    ['date > today()', /another result on every run/],
    ['avg(delay) > 5', /many rows/],
    ['count(*) > 5', /many rows/],
    ['sum(delay) OVER ()', /many rows/],
    ['row_number() OVER ()', /many rows/],
    ['lag(delay) OVER (ORDER BY date)', /many rows/],
    ['max(delay) FILTER (delay > 1)', /many rows/],
    ['unnest([1, 2])', /several rows/],
    ['*', /many columns/],
    ["COLUMNS('.*')", /many columns/],
    ['source.*', /many columns/],
    ['delay, origin', /2 expressions/],
    ['delay AS x', /name/],
    ['delay ORDER BY 1', /clauses/],
    ['delay LIMIT 1', /clauses/],
    ['DISTINCT delay', /clauses/],
    ['delay WHERE TRUE', /expression/],
    ['delay GROUP BY 1', /clauses/],
    ['delay UNION SELECT answer FROM secret', /not a query/],
    ['delay -- and the rest', /comment/],
    ['delay /* and the rest', /comment|expression/],
    ['1) + (2', /expression/],
    ['?', /parameters/],
    ['$1', /parameters/],
    ['#1', /numbered/],
    ['source', /no column "source"/],
    ['rowid', /no column "rowid"/],
    ['secret.answer', /no column "secret"/],
    ['dealy > 15', /no column "dealy"; did you mean "delay"\?/],
    ['origin = "ORD"', /no column "ORD".*single quotes/],
    ['uper(origin)', /did you mean upper\(\)/],
    ['list_transform([1], x -> x)', /lambdas|not accepted/],
    ['delay +', /expression/],
    ['', /expression/],
    ['delay > \0 1', /NUL/],
    ['delay + origin', /No function matches|cast/i],
    ['hash(delay)', /md5/],
    ["repeat('x', 1000000000)", /repeat\(\) can make a value of any size/],
    ["lpad(origin, 1000000000, 'x')", /lpad\(\) can make a value of any size/],
    ["rpad(origin, 1000000000, 'x')", /any size/],
    ["format('{:>1000000000}', origin)", /any size/],
    ["printf('%1000000000s', origin)", /any size/],
    ['range(1000000000)', /any size/],
    ['CAST(NULL AS INTEGER[100000])', /fixed size/],
    ['CAST(NULL AS STRUCT(x INTEGER[100000])[])', /fixed size/],
    ['DEFAULT', /not accepted/],
    ['grouping(delay)', /not accepted/],
  ])('refuses %j', async (sql, reason) => {
    const message = await userError(check(sql));
    expect(message).toMatch(/^mlops\.yaml:7: SQL "/);
    expect(message.split('\n')).toHaveLength(1);
    expect(message).toMatch(reason);
  });

  it('allows no function that is volatile, an aggregate or a table', async () => {
    const suspicious = await readTexts(
      database.connection,
      `SELECT DISTINCT function_name FROM duckdb_functions() WHERE stability <> 'CONSISTENT' OR function_type IN ('aggregate', 'pragma', 'table', 'table_macro')`,
    );
    expect(suspicious.filter((name) => SCALAR_FUNCTIONS.has(name!))).toEqual([]);
  });

  it('allows only functions that there are', async () => {
    const names = new Set(await readTexts(database.connection, 'SELECT function_name FROM duckdb_functions()'));
    expect([...SCALAR_FUNCTIONS].filter((name) => !names.has(name))).toEqual([]);
  });
});

describe('the closed database', () => {
  it.each([
    "SELECT * FROM read_csv('/etc/passwd')",
    "SELECT * FROM read_text('/etc/passwd')",
    "SELECT * FROM glob('/*')",
    "SELECT * FROM '/etc/passwd.csv'",
    "ATTACH '/tmp/fence-test.db'",
    "COPY source TO '/tmp/fence-test.csv'",
    "EXPORT DATABASE '/tmp/fence-test'",
    'SET enable_external_access = true',
    'RESET lock_configuration',
    "SET allowed_directories = ['/']",
    'INSTALL httpfs',
    "LOAD '/tmp/x.duckdb_extension'",
  ])('cannot run %s', async (sql) => {
    await expect(database.connection.run(sql)).rejects.toThrow(/disabled|locked|does not exist|cannot/i);
  });
});
