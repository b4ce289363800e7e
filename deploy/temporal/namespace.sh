#!/bin/sh
# Makes the namespace and the search attributes that flows write, once they are missing. Runs at each start.
set -eu
temporal operator namespace describe --namespace "$TEMPORAL_NAMESPACE" > /dev/null 2>&1 ||
  temporal operator namespace create --namespace "$TEMPORAL_NAMESPACE" --retention 35d

# A new namespace is known to all of the server's parts only after some seconds.
for attempt in 1 2 3 4 5 6 7 8 9 10; do
  if known=$(temporal operator search-attribute list --namespace "$TEMPORAL_NAMESPACE" 2> /dev/null); then break; fi
  [ "$attempt" -lt 10 ] || { echo "The namespace $TEMPORAL_NAMESPACE does not answer." >&2; exit 1; }
  sleep 3
done
for name in CommerceStatus CommerceOrder CommerceService; do
  echo "$known" | grep -qw "$name" ||
    temporal operator search-attribute create --namespace "$TEMPORAL_NAMESPACE" --name "$name" --type Keyword
done
