// What @perdure/client offers to pages and programs.
export {};
