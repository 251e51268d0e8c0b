// A command for which the modes of files hold, whoever runs the tests.

/**
 * To be put before a command. Root loses only its right to pass over modes, not its id: it must still be able to read the product, wherever
 * that lies.
 */
export const ORDINARY_MODES: readonly string[] =
  process.getuid?.() === 0 ? ["setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-dac_override,-dac_read_search"] : [];
