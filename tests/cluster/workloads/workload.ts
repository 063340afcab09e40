import type { Edit } from "../../support/examples";

/** An example of a workload, which the tests deploy to a real node, with tests of the result. */
export interface Workload {
    /** Its folder under examples/. Its namespace has the same name. */
    example: string;
    /** Changes the copy of the example that is deployed. Defaults to none. */
    edit?: (edit: Edit) => void;
    /** Runs while the examples are deployed; its failure fails the deployment. */
    during?: () => Promise<void>;
    /** Declares the tests of the result; `outputs` returns the example's exports. */
    checks: (outputs: () => Record<string, unknown>) => void;
}
