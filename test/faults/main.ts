// Runs the long fault tests named on the command line, or all.
export {};
