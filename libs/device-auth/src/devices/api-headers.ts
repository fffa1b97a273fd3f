import { ApiHeader } from '@nestjs/swagger';

/** Documents that the route needs the header `X-Device-Id`. */
export function ApiDeviceId(): ClassDecorator & MethodDecorator {
  return ApiHeader({
    name: 'X-Device-Id',
    required: true,
    description: 'The `device.id` of the caller',
    schema: { type: 'string', maxLength: 128 },
  });
}

/** Documents that the route takes a proof of a key. @param description which key */
export function ApiProof(description: string): ClassDecorator & MethodDecorator {
  return ApiHeader({ name: 'DPoP', required: false, description });
}
