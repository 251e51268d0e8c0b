// The entry of the worker thread that owns the database connection.
export {};
