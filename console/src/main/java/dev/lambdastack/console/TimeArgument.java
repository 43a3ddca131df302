package dev.lambdastack.console;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * A time as a person types it: an instant with its offset ({@code 2026-01-31T12:00:00Z}), or a
 * date, which means its midnight in UTC.
 */
public final class TimeArgument implements ITypeConverter<Instant> {
  @Override
  public Instant convert(String text) {
    try {
      return text.contains("T")
          ? OffsetDateTime.parse(text).toInstant()
          : LocalDate.parse(text).atStartOfDay(ZoneOffset.UTC).toInstant();
    } catch (DateTimeException e) {
      throw new TypeConversionException(
          "expected a date such as 2026-01-31 or an instant such as 2026-01-31T12:00:00Z, found '%s'"
              .formatted(text));
    }
  }
}
