import { hiddenBlock } from '../../github/hidden-block.js';
import type { Health } from '../../monitoring/health.js';
import { HEALTH_BLOCKS, type HealthMemory, healthMarker, nextMemory, openQuestions } from '../../monitoring/health-issue.js';
import { COMMENT_LIMIT } from '../comment.js';
import { type HealthContext, renderHealth } from './health.js';
import { healthTitle } from './words.js';

/** Room for what other programs remember in the issue. */
const ROOM_FOR_OTHERS = 12_000;

const EXPLANATION =
  '<sub>Kept by the action `monitor`: brought up to date at every look, closed when the model is healthy again, and opened again when it is ' +
  'not. Close it as <i>not planned</i> to silence it until then.</sub>';

/** Title and text of the issue of a model's health. @param before what the issue remembers of the last look */
export function renderHealthIssue(
  health: Health,
  context: HealthContext,
  before: HealthMemory | undefined,
): { readonly title: string; readonly body: string } {
  const memory = hiddenBlock(HEALTH_BLOCKS.monitor, nextMemory(health, before));
  const head = `${healthMarker(health.model)}\n`;
  const end = `${EXPLANATION}\n\n${memory}\n`;
  const limit = COMMENT_LIMIT - ROOM_FOR_OTHERS - head.length - end.length - 2;
  const open = openQuestions(health, before);
  return { title: healthTitle(health, open), body: `${head}${renderHealth(health, { ...context, open, limit })}\n${end}` };
}
