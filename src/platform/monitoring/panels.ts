/** A query of a panel, and the legend of its lines. */
export interface Query {
    expr: string;
    legend: string;
}

/** A panel without its position. */
export interface Panel {
    title: string;
    description: string;
    /** The width, in columns of 24. */
    width: number;
    height: number;
    type: string;
    unit: string;
    queries: Query[];
    options: Record<string, unknown>;
    custom: Record<string, unknown>;
}

/** Panels under a heading. */
export interface Section {
    title: string;
    panels: Panel[];
}

/** A Grafana dashboard in its JSON model. */
export interface Dashboard {
    uid: string;
    title: string;
    description: string;
    panels: Record<string, unknown>[];
    [field: string]: unknown;
}

/** Returns a query; `legend` may refer to labels, as in `{{namespace}}`. */
export const query = (expr: string, legend: string): Query => ({ expr, legend });

/** Returns a panel with a curve over time. */
export function curve(title: string, description: string, unit: string, queries: Query[]): Panel {
    return {
        title,
        description,
        width: 12,
        height: 8,
        type: "timeseries",
        unit,
        queries,
        options: {
            legend: { displayMode: "list", placement: "bottom", showLegend: true },
            tooltip: { mode: "multi", sort: "desc" },
        },
        custom: { fillOpacity: 10, showPoints: "never" },
    };
}

/** Returns a panel with stacked curves. */
export function stacked(title: string, description: string, unit: string, queries: Query[]): Panel {
    const panel = curve(title, description, unit, queries);
    return { ...panel, custom: { ...panel.custom, fillOpacity: 60, stacking: { mode: "normal" } } };
}

/** Returns a panel with the latest value as a number. */
export function figure(title: string, description: string, unit: string, expr: string): Panel {
    return {
        title,
        description,
        width: 6,
        height: 4,
        type: "stat",
        unit,
        queries: [query(expr, title)],
        options: { reduceOptions: { calcs: ["lastNotNull"] }, colorMode: "value", graphMode: "area" },
        custom: {},
    };
}

const source = { type: "prometheus", uid: "${datasource}" };
const columns = 24;

/** Returns the variable that limits panels to some namespaces, for queries with `namespace=~"$namespace"`. */
export const namespaceVariable = (metric: string, label = "namespace"): Record<string, unknown> => ({
    name: "namespace",
    label: "Namespace",
    type: "query",
    datasource: source,
    query: { query: `label_values(${metric}, ${label})`, refId: "namespace" },
    refresh: 2,
    includeAll: true,
    allValue: ".*",
    multi: true,
    current: { text: "All", value: "$__all" },
    sort: 1,
});

const sourceVariable = {
    name: "datasource",
    label: "Data source",
    type: "datasource",
    query: "prometheus",
    current: {},
    hide: 0,
};

/** Returns a dashboard: panels from left to right, with each section on a new line. */
export function dashboard(
    uid: string,
    title: string,
    description: string,
    sections: Section[],
    variables: Record<string, unknown>[] = [],
): Dashboard {
    return {
        uid,
        title,
        description,
        tags: ["kubernetes-mlops"],
        schemaVersion: 39,
        editable: false,
        refresh: "1m",
        time: { from: "now-24h", to: "now" },
        timezone: "browser",
        templating: { list: [sourceVariable, ...variables] },
        panels: placed(sections),
    };
}

function placed(sections: Section[]): Record<string, unknown>[] {
    const result: Record<string, unknown>[] = [];
    let y = 0;
    for (const { title, panels } of sections) {
        result.push({
            id: result.length + 1,
            type: "row",
            title,
            collapsed: false,
            panels: [],
            gridPos: { x: 0, y, w: columns, h: 1 },
        });
        y += 1;
        let x = 0;
        let height = 0;
        for (const panel of panels) {
            if (x + panel.width > columns) {
                y += height;
                x = 0;
                height = 0;
            }
            result.push(rendered(panel, result.length + 1, { x, y, w: panel.width, h: panel.height }));
            x += panel.width;
            height = Math.max(height, panel.height);
        }
        y += height;
    }
    return result;
}

function rendered(panel: Panel, id: number, gridPos: Record<string, number>): Record<string, unknown> {
    const { type, title, description, unit, options, custom, queries } = panel;
    return {
        id,
        type,
        title,
        description,
        gridPos,
        datasource: source,
        fieldConfig: { defaults: { unit, custom }, overrides: [] },
        options,
        targets: queries.map(({ expr, legend }, index) => ({
            refId: String.fromCharCode("A".charCodeAt(0) + index),
            datasource: source,
            expr,
            legendFormat: legend,
        })),
    };
}
