// The entry of the host process.
export {};
