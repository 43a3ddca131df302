package dev.lambdastack.serving.read;

import dev.lambdastack.serving.store.DimensionStore;
import dev.lambdastack.serving.store.DimensionStore.Answering;
import dev.lambdastack.serving.store.DimensionStore.TooManyException;
import dev.lambdastack.views.InvalidInputException;
import dev.lambdastack.views.Lookup;
import dev.lambdastack.views.ViewShape;
import java.io.IOException;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.apache.hadoop.hbase.TableNotEnabledException;
import org.apache.hadoop.hbase.TableNotFoundException;

/**
 * The dimensions that an answer is joined to, each read once.
 *
 * @param values of each lookup: its attribute by id; empty where the dimension has the id alone
 * @param wholeUpTo by dimension: every change that Kafka took before this time is seen
 */
record Dimensions(
    Map<Lookup, Map<String, Optional<String>>> values, Map<String, Instant> wholeUpTo) {
  /** A load is dropped only after a later one has answered. */
  private static final int ATTEMPTS = 3;

  /** Blocks; for the threads of {@link HBaseCalls}. */
  static Dimensions read(DimensionStore store, ViewShape shape, int mostRows) throws IOException {
    Map<Lookup, Map<String, Optional<String>>> values = new HashMap<>();
    Map<String, Instant> wholeUpTo = new TreeMap<>();
    Map<String, List<Lookup>> byDimension =
        shape.lookups().stream().collect(Collectors.groupingBy(Lookup::dimension));
    for (Map.Entry<String, List<Lookup>> dimension : byDimension.entrySet()) {
      Dimensions one = readOne(store, shape, dimension.getKey(), dimension.getValue(), mostRows);
      values.putAll(one.values);
      wholeUpTo.putAll(one.wholeUpTo);
    }
    return new Dimensions(values, wholeUpTo);
  }

  private static Dimensions readOne(
      DimensionStore store, ViewShape shape, String dimension, List<Lookup> lookups, int mostRows)
      throws IOException {
    List<String> attributes = lookups.stream().map(Lookup::attribute).distinct().toList();

    for (int attempt = 1; ; attempt++) {
      Optional<Answering> answering = store.find(dimension);
      if (answering.isEmpty()) {
        throw new InvalidInputException(
            "Cannot answer for view %s: dimension %s was never loaded; run `lambda dimension %s`"
                .formatted(shape.name(), dimension, dimension));
      }

      for (String attribute : attributes) {
        if (!answering.get().columns().contains(attribute)) {
          throw new InvalidInputException(
              "Cannot answer for view %s: dimension %s was loaded without '%s' (it has %s); start `lambda dimension %s` again with the view's jar"
                  .formatted(
                      shape.name(),
                      dimension,
                      attribute,
                      String.join(", ", answering.get().columns()),
                      dimension));
        }
      }

      try {
        Map<String, Map<String, Optional<String>>> read =
            store.attributes(answering.get().table(), attributes, mostRows);
        Map<Lookup, Map<String, Optional<String>>> values = new HashMap<>();
        lookups.forEach(l -> values.put(l, read.get(l.attribute())));
        return new Dimensions(values, Map.of(dimension, answering.get().wholeUpTo()));
      } catch (TableNotFoundException | TableNotEnabledException e) {
        if (attempt == ATTEMPTS) {
          throw new InvalidInputException(
              "Cannot answer for view %s: table %s of dimension %s does not exist; run `lambda dimension %s`"
                  .formatted(shape.name(), answering.get().table(), dimension, dimension),
              e);
        }
      } catch (TooManyException e) {
        throw new InvalidInputException(
            String.format(
                Locale.ROOT,
                "Cannot answer for view %s: dimension %s has more than %d rows; raise lambda.read.max-rows",
                shape.name(),
                dimension,
                mostRows),
            e);
      }
    }
  }
}
