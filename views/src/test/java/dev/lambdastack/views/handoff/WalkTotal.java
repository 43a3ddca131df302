package dev.lambdastack.views.handoff;

import dev.lambdastack.views.BoundView;
import dev.lambdastack.views.ViewShape;
import dev.lambdastack.views.aggregate.Aggregate;
import java.util.BitSet;

/** An aggregate, and beside it which events it holds: what the aggregate alone could not tell. */
final class WalkTotal {
  private final Aggregate aggregate;
  private final BitSet ids;

  WalkTotal(ViewShape shape) {
    this(shape.emptyAggregate(), new BitSet());
  }

  private WalkTotal(Aggregate aggregate, BitSet ids) {
    this.aggregate = aggregate;
    this.ids = ids;
  }

  /** What a table stores. */
  record Stored(byte[] value, BitSet ids) {
    WalkTotal read(ViewShape shape) {
      return new WalkTotal(shape.decode(value), (BitSet) ids.clone());
    }
  }

  Stored store() {
    return new Stored(aggregate.toBytes(), (BitSet) ids.clone());
  }

  void add(BoundView bound, int id) {
    bound.addTo(aggregate);
    ids.set(id);
  }

  /** False when an event would be counted twice. */
  boolean merge(WalkTotal other) {
    boolean twice = ids.intersects(other.ids);
    aggregate.merge(other.aggregate);
    ids.or(other.ids);
    return !twice;
  }

  long events() {
    return aggregate.events();
  }

  BitSet ids() {
    return ids;
  }

  byte[] bytes() {
    return aggregate.toBytes();
  }
}
