static int within(ptrdiff_t value) { return value >= 1 && value <= MOST_LENGTH; }

/* Channels that divide into the groups, and no more weights than memory could hold. */
SHARED int fit_channels(const Kernel *kernel, Call *call, ptrdiff_t features, ptrdiff_t images, ptrdiff_t groups)
{
    if (!within(features))
        return BAD_FEATURES;
    if (!within(images))
        return BAD_IMAGES;
    if (!within(groups) || features % groups || images % groups)
        return BAD_GROUPS;
    ptrdiff_t taps = 1, size = product(product(features, images / groups), kernel->item_size);
    for (int axis = 0; axis < kernel->dims; ++axis) {
        size = product(size, kernel->taps[axis]);
        taps = product(taps, kernel->taps[axis]);
    }
    if (size == PTRDIFF_MAX)
        return TOO_LARGE;
    const ptrdiff_t filters = images / groups * taps;
    call->groups = groups;
    call->in_channels = kernel->features_first ? features : images;
    call->out_channels = kernel->features_first ? images : features;
    call->w_in = kernel->features_first ? filters : taps;
    call->w_out = kernel->features_first ? taps : filters;
    return DONE;
}

/* Lengths and distances, after the channels. Arrays are C-contiguous, channels before the axes or after them. ``axis`` becomes the one
   that does not fit. */
SHARED int fit_lengths(const Kernel *kernel, Call *call, ptrdiff_t batch, const ptrdiff_t *m, const ptrdiff_t *n, int *axis)
{
    const int missing = 3 - kernel->dims;
    const ptrdiff_t *in = kernel->features_first ? m : n, *out = kernel->features_first ? n : m;
    ptrdiff_t in_step = kernel->parts, out_step = kernel->parts;
    if (!within(batch))
        return BAD_BATCH;
    call->batch = batch;
    if (kernel->channel_axis > 1) {
        call->in_channel = in_step;
        call->out_channel = out_step;
        in_step = product(in_step, call->in_channels);
        out_step = product(out_step, call->out_channels);
    }
    for (*axis = 0; *axis < kernel->dims; ++*axis) {
        if (!within(m[*axis]))
            return BAD_FEATURE_LENGTH;
        if (!within(n[*axis]))
            return BAD_IMAGE_LENGTH;
        if (n[*axis] - kernel->least[*axis] < product(kernel->stride[*axis], m[*axis] - 1))
            return NO_PAIR;
    }
    for (int place = 2; place >= 0; --place) {
        call->in_length[place] = place < missing ? 1 : in[place - missing];
        call->out_length[place] = place < missing ? 1 : out[place - missing];
        call->in_axis[place] = in_step;
        call->out_axis[place] = out_step;
        in_step = product(in_step, call->in_length[place]);
        out_step = product(out_step, call->out_length[place]);
    }
    if (kernel->channel_axis == 1) {
        call->in_channel = in_step;
        call->out_channel = out_step;
        in_step = product(in_step, call->in_channels);
        out_step = product(out_step, call->out_channels);
    }
    call->in_batch = in_step;
    call->out_batch = out_step;
    in_step = product(product(in_step, batch), kernel->item_size);
    out_step = product(product(out_step, batch), kernel->item_size);
    return in_step == PTRDIFF_MAX || out_step == PTRDIFF_MAX ? TOO_LARGE : DONE;
}

/* Whether there is such a family, and it takes these channels and groups. */
SHARED int takes(const Kernel *kernel, const Call *call, int family)
{
    Call image = *call;
    image.batch = kernel->by_image ? 1 : call->batch;
    return family >= 0 && family < kernel->families && kernel->cost(&image, family) < NEVER;
}

/* The family with the least estimate for one image: whatever others there are, and whether weights are packed, the result is the same. */
SHARED int fastest(const Kernel *kernel, const Call *call)
{
    Call image = *call;
    int best = 0;
    image.batch = kernel->by_image ? 1 : call->batch;
    for (int each = 1; each < kernel->families; ++each)
        if (kernel->cost(&image, each) < kernel->cost(&image, best))
            best = each;
    return best;
}

/* Scalars of the packed weights, after the channels; 0 where the family takes them as they are, PTRDIFF_MAX where no memory holds them,
   -1 where it does not take these channels and groups. */
SHARED ptrdiff_t packed_size(const Kernel *kernel, Call *call, int family)
{
    call->batch = 1;
    for (int place = 0; place < 3; ++place)
        call->in_length[place] = call->out_length[place] = 1;
    if (!takes(kernel, call, family))
        return -1;
    call->plan = kernel->family[family].table;
    const ptrdiff_t size = kernel->family[family].pack != NULL ? kernel->family[family].pack_size(call) : 0;
    return product(size, kernel->item_size) == PTRDIFF_MAX ? PTRDIFF_MAX : size;
}

/* Weights as the family reads them; ``plain`` takes those that are not finite. */
static int prepare(const Kernel *kernel, Call *call, int *chosen)
{
    const Family *family = &kernel->family[*chosen];
    call->plan = family->table;
    if (family->pack == NULL || call->packed != NULL)
        return DONE;
    call->packed = scratch(call->own, 1, product(family->pack_size(call), kernel->item_size));
    if (call->packed == NULL)
        return NO_MEMORY;
    const int result = family->pack(call);
    if (result == NOT_FINITE)
        *chosen = kernel->plain;
    return result & NO_MEMORY;
}

/* The images that the family could not take, each as if it were alone. */
static int repair(const Kernel *kernel, Call *call, int *chosen)
{
    const ptrdiff_t scalar = kernel->item_size / kernel->parts;
    Call image = *call;
    if (call->w == NULL)
        return counting(call) ? DONE : NOT_FINITE;
    *chosen = kernel->fallback;
    image.batch = 1;
    image.packed = NULL;
    image.refused = NULL;
    int result = prepare(kernel, &image, chosen);
    if (counting(call))
        return result == DONE ? kernel->family[*chosen].run(&image) : result;
    for (ptrdiff_t b = 0; b < call->batch && result == DONE; ++b)
        if (call->refused[b]) {
            image.in_data = (char *)call->in_data + b * call->in_batch * scalar;
            image.out_data = (char *)call->out_data + b * call->out_batch * scalar;
            result = kernel->family[*chosen].run(&image);
        }
    return result;
}

/* The family chosen; ``chosen`` becomes what took its place, be it for one image only. Without the weights themselves nothing does. */
SHARED int execute(const Kernel *kernel, Call *call, int *chosen)
{
    int result = prepare(kernel, call, chosen);
    if (result == DONE)
        result = kernel->family[*chosen].run(call);
    if (result == NOT_FINITE && call->w != NULL) {
        *chosen = kernel->plain;
        result = kernel->family[*chosen].run(call);
    }
    if (result == DONE && call->refused != NULL)
        result = repair(kernel, call, chosen);
    return result;
}
