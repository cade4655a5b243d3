/**
 * Where long work says how far it is. The runner's implementation prints lines; tests collect them.
 * Called at most about once a second by anything that may take over 5 seconds.
 */
export type Progress = (line: string) => void;
