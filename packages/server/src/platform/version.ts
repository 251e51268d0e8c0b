/** The release, for people: compatibility is never decided by it. */
export const VERSION = "0.1.0";
