/** The arguments that every add-on of a Platform has. */
export interface PlatformAddonArgs {
    /** Whether it is installed. Defaults to true; false excludes an add-on of the profile. */
    enabled?: boolean;
    /**
     * Whether the cluster has it already, installed by someone else. The platform then uses it without changing it, and
     * a preview checks that its CRDs exist. Defaults to false.
     */
    existing?: boolean;
    /** Its namespace. Each add-on has its own default. A change moves it: it is removed and installed again. */
    namespace?: string;
    /**
     * The version of its main chart, if it is not the one that this package was tested with. Meant for versions that
     * must not be skipped in an upgrade, and for urgent fixes.
     */
    version?: string;
    /**
     * Values of its main chart, merged into those that follow from the arguments: objects are merged, everything else
     * is replaced. Strings may be Outputs, also secret ones; they are inserted into the rendered objects and never
     * reach the chart. Everything else must be plain: a chart with a value that is unknown in a preview could not be
     * rendered.
     */
    // eslint-disable-next-line @typescript-eslint/no-explicit-any -- the schema analyzer does not know `unknown`.
    values?: Record<string, any>;
}
