/** The complete small spec of the documentation. */
export const SAMPLE = `# yaml-language-server: $schema=mlops.schema.json
name: flight-delay
purpose: Warn travellers, when they book, that a flight is likely to arrive late.
task: binary
data: { path: data/flights.parquet, time: date }
target: { column: late, sql: "delay > 15" }
split: { by: time, validation: 0.1, test: 0.2 }
features: { derive: [{ from: date, parts: [hour, weekday] }] }
train: { algorithm: gbdt, params: { num_leaves: 31, num_iterations: 200 } }
evaluate: { primary: auc, metrics: [auc, log_loss, brier], slices: [origin] }
gates: [auc >= 0.65, auc >= champion - 0.002, latency_p99_ms <= 5]
`;

/** The least that a spec has: four lines. */
export const LEAST = 'name: m\ntask: binary\ndata: { path: d.csv }\ntarget: { column: y }\n';
