import { screenshotPage } from '../render/screenshot.js';
import { ROOT } from './action-files.js';

// `npm start && npm run picture`: the picture at the top of the README is what npm start has just made, as Chromium
// draws it.
await screenshotPage(`${ROOT}.mlops-actions/start/flights/comment.html`, `${ROOT}.github/comment.png`);
