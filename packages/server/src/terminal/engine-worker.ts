// The entry of a worker thread that runs screen engines.
export {};
