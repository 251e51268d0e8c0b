/** What one agent that speaks ACP does in its own way. */
import type { Classify } from "../driver.ts";
import type { Fields } from "./fields.ts";

export interface AcpQuirks {
  /** Its own words; `null` when they say nothing that is known, and the common ones decide. */
  readonly classify: Classify;
  /** An update that comes while no turn runs and means nothing to a person. */
  readonly isNoise: (update: Fields) => boolean;
}
