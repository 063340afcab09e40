/** An example of a workload, which the tests deploy to a real node, and what must then be so. */
export interface Workload {
    /** Its folder under examples/. Its namespace is called the same. */
    example: string;
    /** Configuration besides what all examples have: registry, baseImage, buildNetwork, storageClass. */
    config?: Record<string, string>;
    /** What is done while the examples come up; a failure of it fails their coming up. */
    during?: () => Promise<void>;
    /** Declares the tests that look at what the example has made; `outputs` gives what it exports. */
    checks: (outputs: () => Record<string, unknown>) => void;
}
