import type { InMemoryLeaseTable } from './in-memory-leases.js';
import type { ParkedEvents } from './parked-events.port.js';
import { prepareProjection, type PreparedProjection, type ProjectionBatch, versionName } from './projection-batch.js';
import { keyText } from './projection-values.js';
import { type Projection, physicalTable, type Row } from './projection.js';
import { type ProjectionState, type ReadModelStore, type ReadModelWrite, Superseded } from './read-model-store.port.js';

type Table = Map<string, Readonly<Row>>;

/** Read models in memory, for tests and the simulation: rows are kept in the form in which PostgreSQL would give them back. */
export class InMemoryReadModels implements ReadModelStore {
  private readonly states = new Map<string, ProjectionState>();
  private readonly active = new Map<string, number>();
  private readonly tables = new Map<string, Table>();

  constructor(private readonly parts: { readonly leases?: InMemoryLeaseTable; readonly parked?: ParkedEvents } = {}) {}

  async ensure({ projection }: PreparedProjection, logId: string): Promise<ProjectionState> {
    const { name, version } = projection;
    const key = versionName(projection);
    const known = this.states.get(key);
    if (known !== undefined) return known;
    if (!this.active.has(name)) this.active.set(name, version);
    const state = { name, version, position: 0n, logId, generation: 1n, active: this.active.get(name) === version };
    this.states.set(key, state);
    return state;
  }

  async statesOf(names: readonly string[]): Promise<ProjectionState[]> {
    return [...this.states.values()].filter(({ name }) => names.includes(name));
  }

  async activate({ projection: { name, version } }: PreparedProjection): Promise<boolean> {
    const now = this.active.get(name) ?? 0;
    if (now >= version) return now === version;
    this.active.set(name, version);
    for (const [key, state] of this.states) if (state.name === name) this.states.set(key, { ...state, active: state.version === version });
    return true;
  }

  async write({ states, upTo, logId, lease, batches, unparked }: ReadModelWrite): Promise<void> {
    if (lease !== undefined) this.parts.leases?.assertCurrent(lease);
    for (const { name, version, position, generation } of states) {
      const now = this.states.get(`${name} v${version}`);
      if (now?.position !== position || now.generation !== generation || now.logId !== logId) throw new Superseded('somebody else has moved a checkpoint of these projections');
    }
    for (const batch of batches) this.fold(batch);
    for (const batch of batches) this.keep(batch);
    for (const state of states) this.states.set(`${state.name} v${state.version}`, { ...state, position: upTo });
    if (unparked !== undefined) await this.parts.parked?.handled(unparked.runner, unparked.position);
  }

  async tryOut(batch: ProjectionBatch): Promise<void> {
    this.fold(batch);
  }

  /** Rows of a table as queries see them, in the order of their keys. */
  rows({ name, version }: Projection, table: string): Readonly<Row>[] {
    const rows = this.tables.get(physicalTable(table, this.active.get(name) ?? version)) ?? new Map<string, Readonly<Row>>();
    return [...rows].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([, row]) => row);
  }

  /** What is in the rows, by table: equal for equal rows. */
  shown(projection: Projection): ReadonlyMap<string, readonly string[]> {
    return new Map(prepareProjection(projection).tables.map(({ spec, columns }) => [spec.name, this.rows(projection, spec.name).map((row) => JSON.stringify(columns.map((column) => row[column])))]));
  }

  private fold(batch: ProjectionBatch): void {
    for (const rows of batch.tables) {
      const table = this.tables.get(rows.table.physical);
      for (const { key } of rows.takeUnloaded()) {
        const row = table?.get(keyText(key));
        if (row !== undefined) rows.loaded(row);
      }
    }
    batch.apply();
  }

  private keep(batch: ProjectionBatch): void {
    for (const rows of batch.tables) {
      const table: Table = this.tables.get(rows.table.physical) ?? new Map<string, Readonly<Row>>();
      this.tables.set(rows.table.physical, table);
      for (const { key, row } of rows.changes) {
        if (row === undefined) table.delete(keyText(key));
        else table.set(keyText(key), row);
      }
    }
  }
}
