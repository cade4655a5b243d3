/** What one rule says about training again. */
export interface RuleOutcome {
  readonly rule:
    | 'force'
    | 'first'
    | 'every'
    | 'drift'
    | 'metric'
    | 'new rows'
    | 'underway'
    | 'budget'
    | 'cooldown'
    | 'new data';
  /** `yes`: it speaks for it. `no`: it forbids it. `unknown`: what it needs is not there. */
  readonly says: 'yes' | 'no' | 'nothing' | 'unknown';
  /** One plain sentence without a full stop. */
  readonly text: string;
}
