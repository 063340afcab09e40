/** A chart of an add-on. */
export interface AddonChartArgs {
    /** The chart's name, or a directory or archive of one. */
    chart: string;
    /** The repository: `oci://<host>/<path>` or `https://…`. Defaults to none: `chart` is a directory or archive. */
    repository?: string;
    /** The exact version. Required with a repository. */
    version?: string;
    /**
     * The path or address of a file of manifests, for what is published without a chart; `chart` is then a name for it.
     * Its objects are in the namespaces that they name. Defaults to none.
     */
    manifest?: string;
    /** The name of the release, after which charts name their objects. Defaults to the last part of the chart's name. */
    release?: string;
    /**
     * The values. Texts may be Outputs, secret ones included: they are put into the objects without passing through
     * the chart. All else must be plain, since a chart is rendered in the preview.
     */
    // eslint-disable-next-line @typescript-eslint/no-explicit-any -- the schema analyzer does not know `unknown`.
    values?: Record<string, any>;
}

/** The name of a chart's release: its own, or the last part of the chart's name without its version. */
export const releaseName = ({ release, chart }: AddonChartArgs): string =>
    release ??
    chart
        .replace(/\/+$/, "")
        .replace(/^.*\//, "")
        .replace(/\.tgz$/, "")
        .replace(/-v?\d+(\.\d+)+.*$/, "");
