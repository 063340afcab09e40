/** A chart of an add-on. */
export interface AddonChartArgs {
    /** The chart's name, or a directory or archive of one. */
    chart: string;
    /** The repository: `oci://<host>/<path>` or `https://…`. Defaults to none: `chart` is a directory or archive. */
    repository?: string;
    /** The exact version. Required with a repository. */
    version?: string;
    /**
     * The path or URL of a manifest file, for what is published without a chart; `chart` is then only a name for it.
     * Its objects are created in the namespaces that they specify. Defaults to none.
     */
    manifest?: string;
    /**
     * The release name, from which charts derive the names of their objects. Defaults to the last part of the chart's
     * name.
     */
    release?: string;
    /**
     * The values. Strings may be Outputs, also secret ones: they are inserted into the rendered objects and never reach
     * the chart. Everything else must be plain, since charts are rendered in previews.
     */
    // eslint-disable-next-line @typescript-eslint/no-explicit-any -- the schema analyzer does not know `unknown`.
    values?: Record<string, any>;
}

/** Returns the release name of a chart: the given one, or the last part of the chart's name without its version. */
export const releaseName = ({ release, chart }: AddonChartArgs): string =>
    release ??
    chart
        .replace(/\/+$/, "")
        .replace(/^.*\//, "")
        .replace(/\.tgz$/, "")
        .replace(/-v?\d+(\.\d+)+.*$/, "");
