/**
 * Leakage worth telling: from this share of the test rows on, rows that stand among the training rows as well flatter
 * the figures. Below it they are what coarse values do by chance.
 */
export const NOTABLE_LEAKAGE = 0.01;
