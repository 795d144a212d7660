"""The middle one. Move the answer a little up: each price below is then farther away, each price above nearer, by the
same amount. So it pays to move toward the side with more prices, until there are as many below as above. How far away
they are does not matter. With four prices, every answer between the second and the third is equally good.
"""

for prices in ([170, 195, 1000], [170, 195, 248, 1000]):
    absolute = {c: sum(abs(c - t) for t in prices) / len(prices) for c in range(100, 1001)}
    lowest = min(absolute.values())
    best = [c for c, loss in absolute.items() if loss == lowest]
    print(f"{prices}: best answers from {best[0]} to {best[-1]}, loss {lowest:.1f}")
    for c in (best[0] - 10, best[0], best[-1], best[-1] + 10):
        below = sum(t < c for t in prices)
        print(f"    answer {c}: {below} below, {sum(t > c for t in prices)} above, loss {absolute[c]:.1f}")
