// The entry of the server process.
export {};
