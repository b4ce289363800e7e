import { upsertSearchAttributes } from '@temporalio/workflow';
import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';

const STATUS = defineSearchAttributeKey('CommerceStatus', SearchAttributeType.KEYWORD);
const ORDER = defineSearchAttributeKey('CommerceOrder', SearchAttributeType.KEYWORD);
const SERVICE = defineSearchAttributeKey('CommerceService', SearchAttributeType.KEYWORD);

/** Makes a flow findable by status, order and failing Service. Each call is a history event: only at turning points. */
export const showInSearch = (now: {
  status: string;
  order: string | undefined;
  failing?: string | null;
}): void => {
  upsertSearchAttributes([
    { key: STATUS, value: now.status },
    ...(now.order === undefined ? [] : [{ key: ORDER, value: now.order }]),
    ...(now.failing === undefined ? [] : [{ key: SERVICE, value: now.failing }]),
  ]);
};
