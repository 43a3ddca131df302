package dev.lambdastack.batch.backup;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.apache.hadoop.hbase.client.TableDescriptor;
import org.apache.hadoop.hbase.client.TableDescriptorBuilder;
import org.apache.hadoop.hbase.exceptions.DeserializationException;

/**
 * A table of a backup.
 *
 * @param descriptor as HBase describes it
 * @param splits the first row of each region but the first
 * @param rows that were copied
 */
record SavedTable(TableDescriptor descriptor, List<byte[]> splits, long rows) {
  String name() {
    return descriptor.getTableName().getNameAsString();
  }

  /** Its folder in a backup; a colon is no part of a path. */
  String folder() {
    return descriptor.getTableName().getQualifierAsString();
  }

  ObjectNode json(ObjectMapper mapper) {
    ObjectNode json = mapper.createObjectNode();
    json.put("name", name());
    json.put("rows", rows);
    json.put(
        "descriptor",
        Base64.getEncoder().encodeToString(TableDescriptorBuilder.toByteArray(descriptor)));
    splits.forEach(s -> json.withArray("splits").add(Base64.getEncoder().encodeToString(s)));
    return json;
  }

  static SavedTable of(JsonNode json) throws IOException {
    try {
      List<byte[]> splits = new ArrayList<>();
      for (JsonNode split : json.path("splits")) {
        splits.add(split.binaryValue());
      }
      return new SavedTable(
          TableDescriptorBuilder.parseFrom(json.required("descriptor").binaryValue()),
          splits,
          json.required("rows").longValue());
    } catch (DeserializationException e) {
      throw new IOException("no table descriptor", e);
    }
  }
}
