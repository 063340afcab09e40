/** The settings that every add-on has. */
export interface PlatformAddonArgs {
    /** Whether it is installed. Defaults to true; false leaves out what the profile would bring. */
    enabled?: boolean;
    /**
     * Whether the cluster has it already, installed by somebody else. It is then only referred to, never touched, and
     * a preview checks that its CRDs are there. Defaults to false.
     */
    existing?: boolean;
    /** The namespace it is in. Each add-on states its default. A change moves it: it is removed and installed anew. */
    namespace?: string;
    /**
     * Another version of its own chart than the one that this package was tested with. Meant for going through the
     * versions that must not be skipped in an upgrade, and for urgent fixes.
     */
    version?: string;
    /**
     * Values of its own chart, laid over those that the settings give: objects are merged, all else is replaced.
     * Texts may be Outputs, secret ones included, and are put into the objects without passing through the chart. All
     * else must be plain: with a value that is not known in a preview, a chart could not be shown.
     */
    // eslint-disable-next-line @typescript-eslint/no-explicit-any -- the schema analyzer does not know `unknown`.
    values?: Record<string, any>;
}
