// Runs the benchmarks named on the command line, or lists them.
export {};
