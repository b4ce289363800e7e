// CommonJS on purpose: Temporal loads it with require(), and bundles it into the workflows' sandbox.
const { DefaultFailureConverter } = require('@temporalio/common');

const HIDDEN = 'Encoded failure';
const textsOf = ({ message, stack_trace: stackTrace }) => ({ message, stackTrace });

/** The same failure with the texts of its causes in place: the SDK reads them only where it makes an error of them. */
const readable = (failure, payloadConverter) => ({
  ...failure,
  ...(failure.encodedAttributes && textsOf(payloadConverter.fromPayload(failure.encodedAttributes))),
  ...(failure.cause && { cause: readable(failure.cause, payloadConverter) }),
});

/** The opposite: no text of a cause that came encoded goes out in plain. */
const hidden = (failure) => ({
  ...failure,
  ...(failure.encodedAttributes && { message: HIDDEN, stackTrace: '' }),
  ...(failure.cause && { cause: hidden(failure.cause) }),
});

/** Messages and stack traces travel as a payload, so that the codec encrypts them too. */
class EncodedFailureConverter extends DefaultFailureConverter {
  constructor() {
    super({ encodeCommonAttributes: true });
  }
  failureToError(failure, payloadConverter, context) {
    return super.failureToError(readable(failure, payloadConverter), payloadConverter, context);
  }
  errorToFailure(error, payloadConverter, context) {
    return hidden(super.errorToFailure(error, payloadConverter, context));
  }
}

exports.failureConverter = new EncodedFailureConverter();
exports.failureConverterPath = __filename;
