"""Without numbers, equal letters send equal queries and get equal answers, wherever they stand. And if the letters of a
word change places, the answers change places with them. So the head cannot know which letter comes last."""

from random import Random

from purenn import Activation, Adam, CrossEntropy, Matrix


def attention(x, Q, K, V):
    q, k, v, root = x @ Q, x @ K, x @ V, Q.columns**0.5
    shares, of_shares = Activation("softmax").forward(q @ k.T / root)

    def back(dy):
        dscores = of_shares.inputs(dy @ v.T) / root
        dq, dk, dv = dscores @ k, dscores.T @ q, shares.T @ dy
        return dq @ Q.T + dk @ K.T + dv @ V.T, [x.T @ dq, x.T @ dk, x.T @ dv]

    return shares @ v, back


def ones(places, count):
    return Matrix([[float(i == place) for i in range(count)] for place in places])


def read(word):
    y, _ = attention(ones(map(letters.index, word), 5), *head)
    return "".join(letters[row.index(max(row))] for row in y)


rng, letters = Random(0), "adelt"
head = [Matrix([[rng.uniform(-0.5, 0.5) for _ in range(5)] for _ in range(5)]) for _ in range(3)]
loss, adam = CrossEntropy(), Adam(0.03)
for _ in range(300):
    word = [rng.randrange(5) for _ in range(5)]
    y, back = attention(ones(word, 5), *head)
    adam.step(head, back(loss.gradient(y, ones(word[::-1], 5)))[1])
for word in ("delta", "dealt", "added"):
    print(word, "→", read(word))
words = ["".join(rng.choices(letters, k=5)) for _ in range(200)]
print(sum(read(word) == word[::-1] for word in words), "of 200 words are written backwards")
