import type { Edit } from "../../support/examples";

/** An example of a workload, which the tests deploy to a real node, and what must then be so. */
export interface Workload {
    /** Its folder under examples/. Its namespace is called the same. */
    example: string;
    /** Changes the copy of the example that is deployed. Defaults to none. */
    edit?: (edit: Edit) => void;
    /** What is done while the examples come up; a failure of it fails their coming up. */
    during?: () => Promise<void>;
    /** Declares the tests that look at what the example has made; `outputs` gives what it exports. */
    checks: (outputs: () => Record<string, unknown>) => void;
}
