package dev.lambdastack.cli.send;

import dev.lambdastack.schemas.Decoded;
import dev.lambdastack.schemas.EventDecoder;
import dev.lambdastack.schemas.Rejection;
import dev.lambdastack.schemas.SchemaStore;
import dev.lambdastack.settings.LambdaConfig;
import dev.lambdastack.views.EventType;
import dev.lambdastack.views.InvalidInputException;
import java.time.Clock;
import java.time.Duration;
import java.util.List;

/**
 * What both layers will say of an event that is about to be sent, by the very predicate that they
 * judge records by.
 */
final class Prospect {
  private final EventType type;
  private final EventDecoder decoder;
  private final Clock clock;
  private final Duration clockSkew;

  /**
   * @param clockSkew how far the broker's clock may be ahead: what it would still take is sent
   */
  Prospect(EventType type, EventDecoder decoder, Clock clock, Duration clockSkew) {
    this.type = type;
    this.decoder = decoder;
    this.clock = clock;
    this.clockSkew = clockSkew;
  }

  static Prospect of(LambdaConfig config, EventType type) {
    SchemaStore schemas = SchemaStore.load(Thread.currentThread().getContextClassLoader());
    return new Prospect(
        type,
        new EventDecoder(schemas, type, List.of(), config.log().eventTimeMin()),
        Clock.systemUTC(),
        config.log().clockSkew());
  }

  /**
   * Refuses an event that is sure to be set aside.
   *
   * @throws InvalidInputException that says which field it is for, and why
   */
  void check(byte[] value) {
    long appended = clock.instant().plus(clockSkew).toEpochMilli();
    Decoded decoded = decoder.decode(value, 0, 0, appended);
    if (decoded instanceof Rejection rejection) {
      throw new InvalidInputException(
          "%s%s: both layers would set it aside as a dead letter (%s); to send it all the same, give --allow-dead-letters"
              .formatted(field(rejection.reason()), rejection.detail(), rejection.reason()));
    }
  }

  private String field(Rejection.Reason reason) {
    return switch (reason) {
      case EVENT_TIME_AHEAD, EVENT_TIME_TOO_EARLY -> "field '%s': ".formatted(type.eventTime());
      case TEXT_TOO_LONG ->
          "fields '%s': ".formatted(String.join("', '", EventDecoder.keyTexts(type)));
      case NULL_VALUE, NOT_SINGLE_OBJECT, UNKNOWN_SCHEMA, OTHER_EVENT, CORRUPT -> "";
    };
  }
}
